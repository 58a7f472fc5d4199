#!/usr/bin/env bats
# tools/layers, which "tools/lint layers" runs on this project, run on a small tree that obeys and on trees that do not.

# A tree that obeys: a library of two files, a folder that programs share, and two programs.
setup() {
	mkdir -p "$BATS_TEST_TMPDIR"/tree/{libmount,sys-utils/{shared,one,two},tests} "$BATS_TEST_TMPDIR/objects"
	cd "$BATS_TEST_TMPDIR/tree"
	cat >ARCHITECTURE.md <<-'END'
		## Layers

		    one/    two/
		    shared/
		    libmount/

		| folder | uses | headers of the library |
		|---|---|---|
		| `one/` | `shared/` | `upper.h` |
		| `two/` | `shared/` | |
		| `shared/` | | `inline.h` |

		## Modules of the library

		| file in libmount/ | its job |
		|---|---|
		| `upper.[ch]` | uses lower |
		| `lower.[ch]` | uses nothing |
		| `inline.h` | a function that every file may have |

		## Modules of the programs

		| file in sys-utils/ | its job |
		|---|---|
		| `one/one.c` | a program |
		| `two/two.c` | another |
		| `shared/words.c` | what they share |
		| `shared/text.[ch]` | the same |
	END
	echo 'int upper(void);' >libmount/upper.h
	printf '%s\n' '#include "upper.h"' '#include "lower.h"' 'int upper(void) { return lower() + lower_data; }' >libmount/upper.c
	printf '%s\n' 'int lower(void);' 'extern int lower_data;' >libmount/lower.h
	printf '%s\n' '#include "inline.h"' '#include "lower.h"' 'int lower_data;' 'int lower(void) { return inlined(); }' >libmount/lower.c
	echo 'static inline int inlined(void) { return 1; }' >libmount/inline.h
	printf '%s\n' 'int text(void);' 'int words(void);' >sys-utils/shared/text.h
	printf '%s\n' '#include "inline.h"' '#include "shared/text.h"' 'int text(void) { return inlined(); }' >sys-utils/shared/text.c
	printf '%s\n' '#include "shared/text.h"' 'int words(void) { return text(); }' >sys-utils/shared/words.c
	printf '%s\n' '#include "upper.h"' '#include "shared/text.h"' 'static int own(void) { return upper(); }' \
		'int main(void) { return own() + words(); }' >sys-utils/one/one.c
	printf '%s\n' '#include "shared/text.h"' 'static int own(void) { return words(); }' \
		'int main(void) { return own(); }' >sys-utils/two/two.c
	shared=(sys-utils/shared/{words,text}.c libmount/{upper,lower}.c)
}

# layers: what tools/layers says about the tree as it is now.
layers() {
	local file
	find libmount sys-utils -name '*.c' | while read -r file; do
		mkdir -p "../objects/${file%/*}"
		"${CC:-cc}" -Ilibmount -Isys-utils -O0 -g -c -o "../objects/$file.o" "$file"
	done
	{
		printf 'one %s\n' sys-utils/one/one.c "${shared[@]}"
		printf 'two %s\n' sys-utils/two/two.c "${shared[@]}"
	} >../parts
	run "$MOUNT_TUCK_SRC/tools/layers" . "$PWD/../objects" <../parts
}

# finds LINE...: that tools/layers prints these lines, in this order, and nothing else, and fails.
finds() {
	layers
	diff <(printf '%s\n' "$@") <(echo "$output")
	[ "$status" -eq 1 ]
}

# change FILE SED-COMMAND: FILE is another one afterwards.
change() {
	cp "$1" ../before
	sed -i "$2" "$1"
	! cmp -s "$1" ../before
}

@test "layers: a tree that obeys passes without a word" {
	layers
	[ "$output" = "" ]
	[ "$status" -eq 0 ]
}

@test "layers: an arrow up the list of the library, by an include" {
	change libmount/lower.h '1i #include "upper.h"'
	finds "libmount/lower.h: includes libmount/upper.h, whose row in ARCHITECTURE.md is above"
}

@test "layers: an arrow up the list of the programs, by the symbol of a function" {
	change sys-utils/shared/text.c 's/return inlined/return words() + inlined/'
	finds "a circle of files: sys-utils/shared/text.c, sys-utils/shared/words.c" \
		"sys-utils/shared/text.c: uses words of sys-utils/shared/words.c, whose row in ARCHITECTURE.md is above"
}

@test "layers: an arrow up the list, by the symbol of a variable" {
	change libmount/upper.c '$ a int upper_data;'
	change libmount/upper.c 's/lower() + lower_data/1/'
	change libmount/lower.c 's/return inlined/extern int upper_data; return upper_data + inlined/'
	finds "libmount/lower.c: uses upper_data of libmount/upper.c, whose row in ARCHITECTURE.md is above"
}

@test "layers: the library uses no program" {
	change libmount/lower.c '1i #include "shared/text.h"'
	change libmount/lower.c 's/return inlined/return text() + inlined/'
	finds "ARCHITECTURE.md: in the drawing libmount/ is not above sys-utils/shared/, which it uses" \
		"libmount/lower.c: includes sys-utils/shared/text.h; by ARCHITECTURE.md libmount/ does not use sys-utils/shared/" \
		"libmount/lower.c: uses text of sys-utils/shared/text.c; by ARCHITECTURE.md libmount/ does not use sys-utils/shared/"
}

@test "layers: a folder that the table does not allow, and one that it allows in vain" {
	change ARCHITECTURE.md 's/^| `one\/` | `shared\/` |/| `one\/` | `two\/` |/'
	finds "ARCHITECTURE.md: says that sys-utils/one/ uses sys-utils/two/, which it does not" \
		"sys-utils/one/one.c: includes sys-utils/shared/text.h; by ARCHITECTURE.md sys-utils/one/ does not use sys-utils/shared/" \
		"sys-utils/one/one.c: uses words of sys-utils/shared/words.c; by ARCHITECTURE.md sys-utils/one/ does not use sys-utils/shared/"
}

@test "layers: a header of the library that the table does not allow, and one that it allows in vain" {
	change ARCHITECTURE.md 's/`upper.h`/`lower.h`/'
	finds "ARCHITECTURE.md: says that sys-utils/one/ uses libmount/lower.h, which it does not" \
		"sys-utils/one/one.c: includes libmount/upper.h; by ARCHITECTURE.md sys-utils/one/ does not use this header"
}

@test "layers: a drawing that is upside down, lacks a folder, or has one that is not there" {
	change ARCHITECTURE.md 's/^    one\/    two\//    two\//'
	finds "ARCHITECTURE.md: the drawing has no sys-utils/one/"
	change ARCHITECTURE.md 's/^    libmount\//&    one\/   gone\//'
	finds "ARCHITECTURE.md: in the drawing sys-utils/one/ is not above libmount/, which it uses" \
		"ARCHITECTURE.md: in the drawing sys-utils/one/ is not above sys-utils/shared/, which it uses" \
		"ARCHITECTURE.md: the drawing has sys-utils/gone/, which is not there"
}

@test "layers: a circle of files in one row" {
	echo 'int text_more(void) { extern int words_more(void); return words_more(); }' >>sys-utils/shared/text.c
	echo 'int words_more(void) { extern int text_more(void); return text_more(); }' >>sys-utils/shared/words.c
	change ARCHITECTURE.md '/`shared\/words.c`/d'
	change ARCHITECTURE.md 's/`shared\/text.\[ch\]`/`shared\/text.[ch]` `shared\/words.c`/'
	finds "a circle of files: sys-utils/shared/text.c, sys-utils/shared/words.c"
}

@test "layers: two files of one base name" {
	echo 'int more(void) { return 0; }' >sys-utils/shared/upper.c
	change ARCHITECTURE.md 's/^| `shared\/words.c`.*/&\n| `shared\/upper.c` | |/'
	shared+=(sys-utils/shared/upper.c)
	finds "sys-utils/shared/upper.c: has the base name of libmount/upper.c"
}

@test "layers: two functions of one name in one program, but not in two programs" {
	change sys-utils/shared/text.c '$ a static int own(void) { return 0; } int text_own(void) { return own(); }'
	finds "sys-utils/one/one.c: own() is also in sys-utils/shared/text.c, and both are part of one" \
		"sys-utils/shared/text.c: own() is also in sys-utils/two/two.c, and both are part of two"
}

@test "layers: a file of more than 500 lines, also in tests/" {
	yes '/* */' | head -n 496 >>libmount/lower.c
	yes '/* */' | head -n 500 >tests/long.c
	layers
	[ "$status" -eq 0 ]
	echo >>libmount/lower.c
	echo >>tests/long.c
	finds "libmount/lower.c: 501 lines, more than 500" "tests/long.c: 501 lines, more than 500"
}

@test "layers: a file without a row, a row without a file, two rows for a file" {
	change ARCHITECTURE.md '/^| `shared\/text.\[ch\]`/d'
	change ARCHITECTURE.md 's/`lower.\[ch\]`/`lower.c`/'
	change ARCHITECTURE.md 's/^| `inline.h` .*/&\n| `gone.c` | |\n| `upper.c` | |/'
	finds "ARCHITECTURE.md: has a row for libmount/gone.c, which is not there" \
		"ARCHITECTURE.md: has two rows for libmount/upper.c" \
		"libmount/lower.h: has no row in ARCHITECTURE.md" \
		"sys-utils/shared/text.c: has no row in ARCHITECTURE.md" \
		"sys-utils/shared/text.h: has no row in ARCHITECTURE.md"
}

@test "layers: a C file that no program is made of" {
	shared=(sys-utils/shared/text.c libmount/{upper,lower}.c)
	change sys-utils/one/one.c 's/words/text/'
	change sys-utils/two/two.c 's/words/text/'
	finds "sys-utils/shared/words.c: is in no program"
}

@test "layers: where there is nothing to look at, that is a failure" {
	layers
	rm ../objects/libmount/lower.c.o
	run "$MOUNT_TUCK_SRC/tools/layers" . "$PWD/../objects" <../parts
	[ "$status" -eq 2 ]
	run "$MOUNT_TUCK_SRC/tools/layers" . "$PWD/../objects" </dev/null
	[ "$status" -eq 2 ]
	[ "$output" = "tools/layers: there is no C file" ]
}
