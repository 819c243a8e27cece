# What follows "oc release-x" or "kubectl release-x" is completed as if the plugin itself had been typed. All other words
# are left to the completion that the tool had before.
__release_x_complete() {
    local tool=$1 before=$2 program rest
    shift 2
    if [[ ${COMP_WORDS[1]-} != release-x || $COMP_CWORD -lt 2 ]]; then
        if [[ -z $before ]]; then
            __release_x_load "$tool"
            before=$(__release_x_before "$tool")
            __release_x_hook "$tool"
        fi
        [[ -z $before ]] || "$before" "$@"
        return
    fi
    program=$(type -P "$tool-release_x" || type -P kubectl-release_x || type -P oc-release_x) || return
    program=${program##*/}
    rest=${COMP_LINE#*"${COMP_WORDS[0]}"}
    rest=${rest#*release-x}
    COMP_POINT=$((COMP_POINT - ${#COMP_LINE} + ${#program} + ${#rest}))
    COMP_LINE=$program$rest
    COMP_WORDS=("$program" "${COMP_WORDS[@]:2}")
    COMP_CWORD=$((COMP_CWORD - 1))
    "__start_$program" "$program" "${@:2}"
}

# The function that completes a tool, empty for none.
__release_x_before() {
    [[ $(complete -p "$1" 2>/dev/null) =~ -F\ ([^ ]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# bash-completion loads the completion of a tool when it is first needed.
__release_x_load() {
    complete -r "$1"
    if declare -F _comp_load >/dev/null; then
        _comp_load "$1"
    elif declare -F __load_completion >/dev/null; then
        __load_completion "$1"
    fi
}

__release_x_hook() {
    local before
    before=$(__release_x_before "$1")
    [[ $before != "__release_x_$1" ]] || return 0
    eval "__release_x_$1() { __release_x_complete $1 '$before' \"\$@\"; }"
    complete -o default -F "__release_x_$1" "$1"
}

__release_x_hook oc
__release_x_hook kubectl
