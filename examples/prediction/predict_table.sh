#!/bin/sh
# Asks a tabular service for two rows: predict_table.sh SERVICE_URL ACCESS_TOKEN
curl --silent --fail --request POST "$1?access_token=$2" \
  --header "Content-Type: application/json" \
  --data '{"data": [
    {"age": 30, "colour": "blue", "since": "2005-06-01"},
    {"age": null, "colour": "red", "since": "2006-01-15"}
  ]}'
