#!/bin/sh
# The product's inner loop must keep its sums in registers: an array of sums that spills to the stack costs a factor of
# five, and no timing on a busy machine tells it reliably. Addresses that are fetched from the stack cost three percent.
# Disassembles the largest tile and looks at its loops.
# usage: check_micro_kernel.sh OBJDUMP ISA ROWS OBJECT
# Exit status 77: cannot be checked here.
objdump=$1 isa=$2 rows=$3 object=$4
if ! "$objdump" --version >/dev/null 2>&1; then
  echo "skipped: no objdump"
  exit 77
fi
if ! "$objdump" -f "$object" 2>/dev/null | grep -q x86-64; then
  echo "skipped: $object is no x86-64 object"
  exit 77
fi
"$objdump" -d -C --no-show-raw-insn "$object" | awk -v rows="$rows" -v isa="$isa" '
  # The function tile<rows, 2>, whether or not the compiler made a variant (".constprop") of it.
  /^[0-9a-f]+ <.*>:$/ { inside = index($0, "tile<" rows ", 2>(") > 0; next }
  inside && /^ *[0-9a-f]+:/ {
    address = $1; sub(/:$/, "", address)
    text = $0; sub(/^ *[0-9a-f]+:[ \t]*/, "", text)
    count++; place[address] = count; line[count] = text
    if (text ~ /^j[a-z]+ /) { split(text, part, " "); target[count] = part[2] }
  }
  END {
    if (!count) { print "no function tile<" rows ", 2> in the object"; exit 1 }
    for (i = 1; i <= count; i++) {
      if (!(i in target) || !(target[i] in place) || place[target[i]] > i) continue
      # A loop without jumps inside is an innermost one.
      begin = place[target[i]]; inner = 1; fmas = 0; bad = ""
      for (j = begin; j < i; j++) {
        if (j in target) inner = 0
        if (line[j] ~ /^(vfmadd[0-9]+|vdpbf16)ps /) fmas++
        if (line[j] ~ /^v?mov.*,[-0-9a-fx]*\([^()]*\)$/ || line[j] ~ /\(%rsp/) bad = bad "  " line[j] "\n"
      }
      if (!inner || !fmas) continue
      loops++
      expected = 2 * rows
      if (fmas % expected) { printf "a loop of tile<%d, 2> holds %d multiply-adds, no multiple of %d\n", rows, fmas, expected; failed = 1 }
      if (bad != "") { printf "a loop of tile<%d, 2> stores, or reads the stack:\n%s", rows, bad; failed = 1 }
    }
    if (!loops) { print "no loop with multiply-adds in tile<" rows ", 2>"; exit 1 }
    if (!failed) printf "%s: %d loops of tile<%d, 2> keep their sums in registers\n", isa, loops, rows
    exit failed
  }'
