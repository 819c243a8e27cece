# What follows "oc release-x" or "kubectl release-x" is completed as if the plugin itself had been typed. All other words
# are left to the completion that the tool had before.
typeset -gA _release_x_before

_release_x_complete() {
    local tool=${words[1]:t} program
    if [[ ${words[2]} != release-x ]] || (( CURRENT < 3 )); then
        ${_release_x_before[$tool]:-_default} "$@"
        return
    fi
    for program in $tool-release_x kubectl-release_x oc-release_x; do
        (( $+commands[$program] )) && break
    done
    words=($program "${(@)words[3,-1]}")
    (( CURRENT-- ))
    _$program "$@"
}

() {
    local tool
    for tool in oc kubectl; do
        [[ ${_comps[$tool]} == _release_x_complete ]] && continue
        _release_x_before[$tool]=${_comps[$tool]}
        compdef _release_x_complete $tool
    done
}
