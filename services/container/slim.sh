#!/bin/sh
# Removes from the site-packages folder $1 what no running service opens: a third of 900 MB.
set -eu
cd "$1"

# Tests, sources of extension modules, headers.
find . -depth -type d \( -name tests -o -name test -o -name include \) -exec rm -rf {} +
find . -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h' -o -name '*.hpp' -o -name '*.pyi' \
  -o -name '*.a' \) -delete

# Of plotly, the console needs its script alone (web/assets.py).
find plotly -type f ! -path plotly/__init__.py ! -name plotly.min.js -delete
find plotly -depth -type d -empty -delete

# Of Swagger's page, what web/assets.py serves.
find swagger_ui/static -type f ! -name swagger-ui.css ! -name swagger-ui-bundle.js -delete

# Of Arrow: no remote procedure calls, cloud storage, ORC; and the same library under several names is one.
rm -f pyarrow/*flight* pyarrow/libarrow_s3* pyarrow/_s3fs* pyarrow/_gcsfs* pyarrow/_azurefs* pyarrow/*_cpp_tests* \
  pyarrow/_orc* pyarrow/_dataset_orc*
for library in pyarrow/*.so.*.*.*; do
  soname=$(echo "$library" | sed 's/\.[0-9]*\.[0-9]*$//')
  ln -sf "$(basename "$library")" "$soname"
  ln -sf "$(basename "$library")" "${library%%.so.*}.so"
done

# Names for debuggers. What a wheel's maker has moved (*.libs) is left alone: strip can break such libraries.
find . -type f -name '*.so*' ! -path '*.libs/*' -exec strip --strip-unneeded {} +
