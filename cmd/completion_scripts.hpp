// What a shell loads to complete `hasync`: it asks `hasync completion propose`, and shows the answer in its own way
// (completion/answer.hpp).
#pragma once
#include <string_view>

namespace hasync::cmd {

inline constexpr std::string_view bash_script =
    R"(# bash completion for hasync: hasync completion bash > /etc/bash_completion.d/hasync
_hasync() {
  local program=$1 answer=()
  type -P -- "$program" >/dev/null || program=hasync
  mapfile -t answer < <("$program" completion propose bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  COMPREPLY=("${answer[@]:1}")
  case ${answer[0]-} in
    files*) compopt -o default ;;
    folders*) compopt -o dirnames ;;
  esac
  if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi
}
complete -o nosort -F _hasync hasync
)";

inline constexpr std::string_view zsh_script = R"(#compdef hasync
# zsh completion for hasync: hasync completion zsh > /usr/local/share/zsh/site-functions/_hasync
_hasync() {
  local program=${(Q)words[1]} each name
  local -a answer ended open
  whence -p -- "$program" >/dev/null || program=hasync
  answer=("${(@f)$("$program" completion propose zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  case $answer[1] in
    files\ *) compset -p ${answer[1]#files }; _files; return ;;
    folders\ *) compset -p ${answer[1]#folders }; _path_files -/; return ;;
  esac
  for each in "${(@)answer[2,-1]}"; do
    name=${each%%$'\t'*}
    each=${name//:/\\:}${${each#$name}/$'\t'/:}
    if [[ $name == *= ]]; then open+=("$each"); else ended+=("$each"); fi
  done
  _describe -V -t hasync hasync open -S '' -- ended
}
if [[ $funcstack[1] == _hasync ]]; then _hasync "$@"; else compdef _hasync hasync; fi
)";

inline constexpr std::string_view fish_script =
    R"(# fish completion for hasync: hasync completion fish > ~/.config/fish/completions/hasync.fish
function __hasync_propose
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    type -q -- $program; or set program hasync
    set -l raw (commandline -ct)
    set -l word (string unescape -- "$raw"); or set word (string trim --left --chars '\'"' -- "$raw")
    set -l answer ($program completion propose fish $words "$word" 2>/dev/null)
    set -l told (string split ' ' -- $answer[1])
    set -e answer[1]
    set -q answer[1]; and printf '%s\n' $answer
    switch "$told[1]"
        case files
            printf '%s\n' (string sub -l $told[2] -- "$word")(__fish_complete_path (string sub -s (math $told[2] + 1) -- "$word"))
        case folders
            printf '%s\n' (string sub -l $told[2] -- "$word")(__fish_complete_directories (string sub -s (math $told[2] + 1) -- "$word") '')
    end
end
complete -c hasync -f -k -a '(__hasync_propose)'
)";

}  // namespace hasync::cmd
