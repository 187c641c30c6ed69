package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"unicode/utf8"
)

// A decision is the value that the exported function returns.
type decision int32

const (
	success     decision = 0
	failed      decision = 1
	unavailable decision = 2
)

// judge finds the meaning of a complete response: 200 with {"status":"allowed"} allows, 403 with the code 1000 or 1003
// denies, and everything else is no decision.
func judge(status int, contentType string, body []byte) decision {
	switch status {
	case 200:
		kind, _, err := mime.ParseMediaType(contentType)
		if err == nil && kind == "application/json" && statusIs(body, "allowed") {
			return success
		}
	case 403:
		switch string(bytes.Trim(body, " \r\n")) {
		case "1000", "1003":
			return failed
		}
	}
	return unavailable
}

// statusIs reports whether the body is a JSON object whose one member "status" is that string. encoding/json's
// Unmarshal would take another letter case, the last of two members, and invalid UTF-8.
func statusIs(body []byte, value string) bool {
	if !utf8.Valid(body) || !json.Valid(body) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return false
	}
	found := 0
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return false
		}
		var member json.RawMessage
		if err := decoder.Decode(&member); err != nil {
			return false
		}
		if name != "status" {
			continue
		}
		var text *string
		if err := json.Unmarshal(member, &text); err != nil || text == nil || *text != value {
			return false
		}
		found++
	}
	if _, err := decoder.Token(); err != nil {
		return false
	}
	_, err := decoder.Token()
	return found == 1 && err == io.EOF
}
