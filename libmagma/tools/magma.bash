# SPDX-License-Identifier: MIT OR Apache-2.0
# bash completion of magma and magma-cc
_magma() {
    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]:-}
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "list info doctor bind unbind reset boot decode --help --version" -- "$cur")
        return
    fi
    case $command in
    decode)
        if [ "$COMP_CWORD" -eq 2 ]; then
            mapfile -t COMPREPLY < <(compgen -W "push rpc shader" -- "$cur")
        else
            mapfile -t COMPREPLY < <(compgen -f -W "--hex --arch --help" -- "$cur")
        fi
        ;;
    boot) mapfile -t COMPREPLY < <(compgen -W "--trace --json --help model:ga102 pci: vfio-user:" -- "$cur") ;;
    bind) mapfile -t COMPREPLY < <(compgen -W "--dry-run --group --json --help" -- "$cur") ;;
    unbind) mapfile -t COMPREPLY < <(compgen -W "--dry-run --json --help" -- "$cur") ;;
    info) mapfile -t COMPREPLY < <(compgen -W "--json --help model:ga102 nvidia:0 pci: vfio-user:" -- "$cur") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "--json --help" -- "$cur") ;;
    esac
}
complete -F _magma magma

_magma_cc() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    case $prev in
    --arch) mapfile -t COMPREPLY < <(compgen -W "sm_75 sm_80 sm_86 sm_89 sm_90 sm_100 sm_120" -- "$cur") ;;
    --print) mapfile -t COMPREPLY < <(compgen -W "ir sass stats" -- "$cur") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -W "-o --arch --print --help --json" -- "$cur") ;;
    esac
}
complete -F _magma_cc magma-cc
