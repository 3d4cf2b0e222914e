# One static program on a base without a shell, as a user without rights:
#
#	docker build -t wavespeed-temporal .
#	docker build -t wavespeed-simulator --target simulator .
#
# The classic builder and BuildKit both build it, and ask a registry for nothing but
# the two images that are named here.

ARG GO_VERSION=1.26.8

FROM golang:${GO_VERSION} AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
# Most of the time goes into these; compiled here, they are compiled once.
RUN go build -trimpath go.temporal.io/sdk/client go.temporal.io/sdk/worker go.temporal.io/sdk/contrib/envconfig
COPY . .
# The version is that of the commit, which the program finds in itself (wavespeed-temporal
# version). Without a usable repository it has none, and is built all the same.
RUN git status >/dev/null 2>&1 || export GOFLAGS=-buildvcs=false; \
    go build -trimpath -ldflags "-s -w" -o /out/ ./cmd/wavespeed-temporal ./cmd/wavespeed-simulator

FROM gcr.io/distroless/static-debian12:nonroot AS simulator
COPY --from=build /out/wavespeed-simulator /usr/local/bin/
USER 65532:65532
EXPOSE 8585
ENTRYPOINT ["/usr/local/bin/wavespeed-simulator"]
CMD ["--listen=:8585"]
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 \
    CMD ["/usr/local/bin/wavespeed-simulator", "healthcheck", "--listen=:8585"]

FROM gcr.io/distroless/static-debian12:nonroot
LABEL org.opencontainers.image.title="wavespeed-temporal" \
      org.opencontainers.image.description="Durable AI generations: WaveSpeedAI on Temporal" \
      org.opencontainers.image.source="https://github.com/wavespeed-temporal/wavespeed-temporal"
COPY --from=build /out/wavespeed-temporal /usr/local/bin/
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/wavespeed-temporal"]
CMD ["serve"]
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 \
    CMD ["/usr/local/bin/wavespeed-temporal", "healthcheck"]
