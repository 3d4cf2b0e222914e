module github.com/wavespeed-temporal/wavespeed-temporal/tests/licenses

go 1.26

require github.com/google/licensecheck v0.3.1
