"""Python requests, with its defaults: GET of one URL. Prints the response, or the kind of error."""

import sys

import requests
import urllib3

if sys.argv[1] == "--version":
    print("requests", requests.__version__, "urllib3", urllib3.__version__)
    sys.exit()

url, seconds = sys.argv[1:]
try:
    response = requests.get(url, timeout=float(seconds))
    print("response", response.status_code, response.url, response.text)
except requests.exceptions.RequestException as error:
    print("error", type(error).__name__, error)
