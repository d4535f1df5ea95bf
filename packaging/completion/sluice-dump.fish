# fish completion for sluice-dump(1)

complete -c sluice-dump -f -a counters -d 'packets and bytes by service, reason and rule'
complete -c sluice-dump -f -a bans -d 'bans that stand'
complete -c sluice-dump -f -a overlay -d 'what allow and deny said'
complete -c sluice-dump -f -a leases -d 'identities and what is theirs'
complete -c sluice-dump -f -a limits -d 'rates, bursts, levels'
complete -c sluice-dump -f -a sources -d 'ranges of sources, with list and action'
complete -c sluice-dump -l pins -r -F -d 'where the maps are pinned'
complete -c sluice-dump -l json -d 'print one JSON object'
complete -c sluice-dump -l prometheus -d 'print metrics in the Prometheus text format'
complete -c sluice-dump -l source -x -d 'print what concerns one source'
complete -c sluice-dump -l help -d 'print help'
complete -c sluice-dump -l version -d 'print the version'
