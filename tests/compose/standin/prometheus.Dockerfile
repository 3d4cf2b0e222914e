FROM wavespeed-temporal/standin-debian
WORKDIR /prometheus
RUN chown nobody:nogroup /prometheus
USER nobody
EXPOSE 9090
ENTRYPOINT ["/usr/bin/prometheus"]
