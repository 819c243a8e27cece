# What follows "oc release-x" or "kubectl release-x" is completed as if the plugin itself had been typed, beside what the
# tool completes by itself.
function __release_x_typed
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = release-x
end

function __release_x_complete
    set -l words (commandline -opc)
    for program in (basename $words[1])-release_x kubectl-release_x oc-release_x
        if type -q $program
            complete -C (string join ' ' -- $program (string escape -- $words[3..-1]) (commandline -ct))
            return
        end
    end
end

for tool in oc kubectl
    complete -c $tool -n __release_x_typed -f -a '(__release_x_complete)'
end
