FROM wavespeed-temporal/standin-debian
WORKDIR /home/ui-server
COPY ui-server start-ui-server.sh ./
COPY docker.yaml ./config/
USER temporal
EXPOSE 8080
ENTRYPOINT ["./start-ui-server.sh"]
