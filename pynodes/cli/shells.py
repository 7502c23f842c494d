"""Completion in bash, zsh and fish: the script for each, and the answer to what it asks.

The scripts hand over the command line up to the cursor and get a line an item: what it is, its
value, and a word about it, with tabs between.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

from pynodes import printable
from pynodes.cli.complete import OPEN, PATH, WORD

LIMIT_S = 3  # nobody waits longer for a tab
ENV_LINE = "PYNODES_COMPLETE_LINE"
_SAID_MAX = 60  # columns of a word about an item, beside it
_BREAKS = "PYNODES_COMPLETE_BREAKS"  # bash replaces what is behind the last of these only
_SHELL_KINDS = {"plain": WORD, "file": PATH, "dir": PATH}  # those of click

BASH = r"""# Completion of pynodes for bash 4.4 or newer. To install it, once:
#     pynodes completion bash > ~/.local/share/bash-completion/completions/pynodes
# or, where bash-completion is not installed, in ~/.bashrc:
#     eval "$(pynodes completion bash)"
_pynodes_completion() {
    local kind value said
    COMPREPLY=()
    while IFS=$'\t' read -r kind value said; do
        COMPREPLY+=("$value")
        case $kind in
            path) compopt -o filenames 2>/dev/null ;;
            open) compopt -o nospace 2>/dev/null ;;
        esac
    done < <(
        _PYNODES_COMPLETE=bash PYNODES_COMPLETE_LINE="${COMP_LINE:0:COMP_POINT}" \
            PYNODES_COMPLETE_BREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null
    )
}
complete -o nosort -F _pynodes_completion pynodes
"""

ZSH = r"""#compdef pynodes
# Completion of pynodes for zsh. To install it, once, in a folder of $fpath:
#     pynodes completion zsh > ~/.zfunc/_pynodes
# with this in ~/.zshrc: fpath+=(~/.zfunc); autoload -Uz compinit && compinit
# or, behind compinit in ~/.zshrc: eval "$(pynodes completion zsh)"
_pynodes() {
    local -i wide
    local kind value said quoted
    local -a plain words_ shown open open_shown folders paths
    while IFS=$'\t' read -r kind value said; do
        [[ $value == \~* ]] && quoted="~${(q)${value#\~}}" || quoted=${(q)value}
        (( wide = $#value > 20 ? $#value : 20 ))
        [[ -n $said ]] && said="${(r:wide:)value}  $said"
        case $kind in
            open) open+=("$value"); open_shown+=("${said:-$value}") ;;
            path) [[ $value == */ ]] && folders+=("${quoted%/}") || paths+=("$quoted") ;;
            *) [[ -n $said ]] && { words_+=("$value"); shown+=("$said"); } || plain+=("$value") ;;
        esac
    done < <(
        _PYNODES_COMPLETE=zsh PYNODES_COMPLETE_LINE="${(j: :)words[1,CURRENT-1]} $PREFIX" \
            $words[1] 2>/dev/null
    )
    (( $#plain )) && compadd -U -V plain -a plain
    (( $#words_ )) && compadd -U -V words -l -d shown -a words_
    (( $#open )) && compadd -U -V open -S '' -l -d open_shown -a open
    (( $#folders )) && compadd -U -Q -V folders -f -q -S / -a folders
    (( $#paths )) && compadd -U -Q -V paths -f -a paths
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _pynodes "$@"
else
    compdef _pynodes pynodes
fi
"""

FISH = r"""# Completion of pynodes for fish. To install it, once:
#     pynodes completion fish > ~/.config/fish/completions/pynodes.fish
function _pynodes_completion
    set -lx _PYNODES_COMPLETE fish
    set -lx PYNODES_COMPLETE_LINE (commandline -cp)
    pynodes 2>/dev/null | string replace -r '^[^\t]*\t' ''
end
complete -c pynodes -f -a '(_pynodes_completion)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


class _Words(ShellComplete):
    """What a line means is click's to say; how it is handed over and shown is ours."""

    name = "words"

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get(ENV_LINE, "")
        words = split_arg_string(line) or [""]
        if line[-1:].isspace() and not line.endswith("\\ "):
            words.append("")
        return words[1:-1], words[-1] if len(words) > 1 else ""


def answer(group: click.Command, shell: str) -> Iterator[str]:
    """Lines for a shell that asks; a completion that takes too long ends the process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIMIT_S)
    asked = _Words(group, {}, "pynodes", "")
    args, word = asked.get_completion_args()
    option, equals, value = word.partition("=")
    is_value = bool(equals) and option.startswith("--")
    if is_value:
        found = asked.get_completions([*args, option], value)
    else:
        option = equals = ""
        found = asked.get_completions(args, word)
    cut = _cut(word, os.environ.get(_BREAKS, "")) if shell == "bash" else 0
    for item in found:
        yield "\t".join(_parts(item, f"{option}{equals}{item.value}"[cut:], shell))


def _parts(item: CompletionItem[str], value: str, shell: str) -> tuple[str, str, str]:
    kind = _SHELL_KINDS.get(item.type, item.type)
    if shell == "bash" and kind == PATH:
        value = value.removesuffix("/")  # bash puts it there
    said = printable.line((item.help or "").partition("  [default")[0])
    if len(said) > _SAID_MAX:
        said = said[: _SAID_MAX - 3] + "..."
    return kind if kind in (WORD, PATH, OPEN) else WORD, value, said


def _cut(word: str, breaks: str) -> int:
    """How much of a word bash keeps: to it a part of ours is the whole, and an `@` begins one."""
    places = [(word.rfind(sign), sign) for sign in breaks if not sign.isspace()]
    at, sign = max(places, default=(-1, ""))
    return at if sign in "$@" and at >= 0 else at + 1
