#!/bin/sh
# No symbol of a kernel object may stand in for one of another object, or a processor without AVX-512 could be sent into
# code that needs it: beside the functions of its two tables, an object defines local symbols and names of its own `Eigen` only.
# usage: check_isa_symbols.sh NM ISA OBJECT
nm=$1 isa=$2 object=$3
leaks=$("$nm" -C --defined-only "$object" | awk -v isa="$isa" '
  { type = $2; name = $0; sub(/^[0-9a-f]+ +. /, "", name) }
  type ~ /[a-z]/ && type !~ /[uvw]/ { next }      # local
  name == "vit::" isa "_kernels()" { table = 1; next }
  name == "vit::" isa "_backward_kernels()" { next }
  name ~ "^(typeinfo (name )?for |vtable for |guard variable for )?([a-zA-Z_ ]+ )?Eigen_" isa "::" { next }
  { print "  " type " " name }
  END { if (!table) print "  (the function vit::" isa "_kernels() is missing)" }')
if [ -n "$leaks" ]; then
  echo "$object defines symbols that other objects may pick up:"
  echo "$leaks"
  exit 1
fi
