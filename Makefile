# Wraps Scripts/ for those who are used to make; see there for what each does.

PREFIX ?= /usr/local
DESTDIR ?=
bin = $(DESTDIR)$(PREFIX)/bin
share = $(DESTDIR)$(PREFIX)/share
tools = mrdl-infer mrdl-inspect mrdl-validate mrdl-convert mrdl-train

.PHONY: all build demo test check prove bench format lint install uninstall clean

all: build

build:
	./Scripts/setup
	./Scripts/build

demo test check prove bench format lint:
	./Scripts/$@

install:
	test -x .build/tools/mrdl-infer || ./Scripts/build
	mkdir -p "$(bin)" "$(share)/man/man1" "$(share)/man/man5" "$(share)/man/man7" "$(share)/mrdl/schemas" \
	  "$(share)/bash-completion/completions" "$(share)/zsh/site-functions" \
	  "$(share)/fish/vendor_completions.d"
	for tool in $(tools); do \
	  install -m 755 ".build/tools/$$tool" "$(bin)/$$tool" && \
	  install -m 644 "Man/$$tool.1" "$(share)/man/man1/" && \
	  ".build/tools/$$tool" --generate-completion-script bash \
	    >"$(share)/bash-completion/completions/$$tool" && \
	  ".build/tools/$$tool" --generate-completion-script zsh \
	    >"$(share)/zsh/site-functions/_$$tool" && \
	  ".build/tools/$$tool" --generate-completion-script fish \
	    >"$(share)/fish/vendor_completions.d/$$tool.fish" || exit 1; \
	done
	install -m 644 Man/mrdl.5 "$(share)/man/man5/"
	install -m 644 Man/mrdl-onnx.7 "$(share)/man/man7/"
	install -m 644 Schemas/*.json "$(share)/mrdl/schemas/"

uninstall:
	for tool in $(tools); do \
	  rm -f "$(bin)/$$tool" "$(share)/man/man1/$$tool.1" \
	    "$(share)/bash-completion/completions/$$tool" \
	    "$(share)/zsh/site-functions/_$$tool" \
	    "$(share)/fish/vendor_completions.d/$$tool.fish"; \
	done
	rm -f "$(share)/man/man5/mrdl.5" "$(share)/man/man7/mrdl-onnx.7"
	rm -rf "$(share)/mrdl"

clean:
	rm -rf .build .venv-check
