FROM scratch
COPY base/ /
COPY ca-certificates.crt /etc/ssl/certs/
COPY zoneinfo /usr/share/zoneinfo
USER 65532
