# The rules for a plugin of this folder's sources and the stack's own. The stack's Makefile sets NAME, SOURCES and
# PACKAGES (pkg-config), and includes this file.
#
#   make OUT=/some/folder   another output folder

OUT ?= build
CC ?= cc
CXX ?= c++
COMMON := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
HERE := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))
LIBRARY := $(OUT)/lib$(NAME).so
COMMON_SOURCES := $(addprefix $(COMMON),answer.c call.c connect.c deadline.c exchange.c lookup.c response.c roots.c)

CFLAGS ?= -O2
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
FLAGS := $(WARNINGS) -fPIC -pthread -fvisibility=hidden -fstack-protector-strong \
	-I$(COMMON) -I$(COMMON)../../../include $(DEFINES) $(shell pkg-config --cflags $(PACKAGES))
LINK := -shared -pthread -Wl,--version-script=$(COMMON)exports.map -Wl,-z,defs,-z,relro,-z,now \
	-Wl,-z,noexecstack -Wl,--as-needed
OBJECTS := $(patsubst %,$(OUT)/%.o,$(notdir $(COMMON_SOURCES) $(SOURCES)))

.PHONY: all clean
all: $(LIBRARY)

$(LIBRARY): $(OBJECTS) $(COMMON)exports.map
	$(CXX) $(OBJECTS) $(BESIDE) $(LINK) -o '$@' $(shell pkg-config --libs $(PACKAGES)) -lresolv -ldl

vpath %.c $(HERE) $(COMMON)
vpath %.cpp $(HERE)
$(OUT)/%.c.o: %.c $(COMMON)careful.h
	@mkdir -p '$(OUT)'
	$(CC) -std=c11 $(CFLAGS) $(FLAGS) -c '$<' -o '$@'
$(OUT)/%.cpp.o: %.cpp $(COMMON)careful.h
	@mkdir -p '$(OUT)'
	$(CXX) -std=c++17 $(CFLAGS) $(FLAGS) -c '$<' -o '$@'

clean:
	rm -f '$(LIBRARY)' $(OBJECTS)
