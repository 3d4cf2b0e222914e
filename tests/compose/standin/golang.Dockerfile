FROM wavespeed-temporal/standin-debian
COPY go /usr/local/go
COPY download /goproxy
ENV PATH=$PATH:/usr/local/go/bin GOPROXY=file:///goproxy GOSUMDB=off GOTOOLCHAIN=local
WORKDIR /go
