# The rules for a plugin of this folder: plugin.c, with the request of the OpenSSL stack. PACKAGES may name more than that.
KINDS := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
SOURCES := plugin.c tls.c
PACKAGES += openssl
DEFINES += -I$(KINDS)../openssl
vpath tls.c $(KINDS)../openssl
include $(KINDS)../common-c/plugin.mk
