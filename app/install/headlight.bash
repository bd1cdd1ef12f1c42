# Completion of headlight's commands and options for bash. What there is to complete it asks the program's own --help.

_headlight_words() {  # the options or commands that `headlight $1 --help` lists
  "${COMP_WORDS[0]}" $1 --help 2>/dev/null | awk -v kind="$2" '
    /^Subcommands:/ { commands = 1; next }
    /^[^ ]/ { commands = 0 }
    kind == "commands" && commands && /^  [a-z]/ { print $1 }
    kind == "options" && /^  -/ { n = split($1, names, ","); for (i = 1; i <= n; ++i) print names[i] }'
}

_headlight_choices() {  # the values that --help names in braces behind option $2
  "${COMP_WORDS[0]}" $1 --help 2>/dev/null | awk -v option="$2" '
    /^  -/ && match($0, /:\{[^}]*\}/) {
      n = split($1, names, ",")
      for (i = 1; i <= n; ++i) if (names[i] == option) {
        gsub(",", "\n", $0); values = substr($0, index($0, ":{") + 2); sub(/}.*/, "", values); print values
      }
    }'
}

_headlight() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command="" words i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in info | cost | bench | lab | export | predict | eval | get) command=${COMP_WORDS[i]} && break ;; esac
  done
  if [[ $before == -* ]]; then
    words=$(_headlight_choices "$command" "$before")
    if [ -n "$words" ]; then
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
      return
    fi
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_headlight_words "$command" options)" -- "$word")
  else
    words=""
    [ -n "$command" ] || [ "$COMP_CWORD" != 1 ] || words=$(_headlight_words "" commands)
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word"; compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  fi
}

complete -F _headlight headlight
