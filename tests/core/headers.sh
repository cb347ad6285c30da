#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# headers.sh ROOT: every public header compiles alone, as C11 and as C++17.
root=$1
status=0
for dir in libmagma/include compiler/include; do
    for header in "$root/$dir"/magma-nv/*.h; do
        name=magma-nv/$(basename "$header")
        for language in c c++; do
            standard=c11
            [ $language = c ] || standard=c++17
            echo "#include <$name>" |
                ${CC:-cc} -x $language -std=$standard -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
                    -I"$root/libmagma/include" -I"$root/compiler/include" - ||
                { echo "$name does not compile alone as $standard"; status=1; }
        done
    done
done
exit $status
