FROM wavespeed-temporal/standin-debian
COPY temporal-server /usr/local/bin/
COPY entrypoint.sh /etc/temporal/
WORKDIR /etc/temporal
USER temporal
CMD ["/etc/temporal/entrypoint.sh"]
