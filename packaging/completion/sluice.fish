# fish completion for sluice(1)

set -l verbs check test diff apply confirm promote rollback history status stats top events ban unban bans allow deny forget overlay explain replay identity lease audit attach detach panic

function __sluice_reasons
    command sluice events --reasons --json 2>/dev/null | tr ',{}[]' '\n' | string replace -rf '^ *"reason": *"(.*)"$' '$1'
end

function __sluice_identities
    command sluice identity list --json 2>/dev/null | string replace -rf '^ *"identity": *"(.*)",?$' '$1'
end

function __sluice_interfaces
    path basename /sys/class/net/* 2>/dev/null; or command ls /sys/class/net
end

complete -c sluice -f
complete -c sluice -l socket -r -F -d 'the control socket of the daemon'
complete -c sluice -l pins -r -F -d 'where the pinned maps and links are'
complete -c sluice -l json -d 'print JSON instead of text'
complete -c sluice -s h -l help -d 'print help'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -l version -d 'print the version'

complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a check -d 'validate a policy, without root or daemon'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a test -d 'unit tests of a policy'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a diff -d 'what a policy would change, in words'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a apply -d 'install a policy atomically'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a confirm -d 'keep a policy that was applied with --confirm'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a promote -d 'install the policy that is shadowed'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a rollback -d 'drop what is shadowed, else go back to the policy before'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a history -d 'which policies were installed, and what became of them'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a status -d 'interfaces, generation, rates, health'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a stats -d 'counters by reason, service, list and limit'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a top -d 'live: rates by verdict, the heaviest services, sources and identities'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a events -d 'sampled drops, bans, policy changes'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a ban -d 'drop addresses and prefixes'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a unban -d 'lift bans'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a bans -d 'list the bans that stand'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a allow -d 'allow addresses and prefixes beside the lists'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a deny -d 'deny addresses and prefixes beside the lists'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a forget -d 'take back what allow and deny said'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a overlay -d 'list what allow and deny said'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a explain -d 'what would become of a packet now, and why'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a replay -d 'what a policy would have done with a capture'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a identity -d 'list identities, revoke them, restore them'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a lease -d 'prove who this host is to a server, and keep the lease'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a audit -d 'check that an audit file is whole'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a attach -d 'judge the packets of an interface'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a detach -d 'stop judging the packets of an interface'
complete -c sluice -n "not __fish_seen_subcommand_from $verbs" -a panic -d 'take Sluice off every interface'

complete -c sluice -n '__fish_seen_subcommand_from check test diff apply' -F
complete -c sluice -n '__fish_seen_subcommand_from apply' -l observe -d 'shadow it, decides nothing'
complete -c sluice -n '__fish_seen_subcommand_from apply promote' -l confirm -x -a '60s 5m' -d 'roll back unless confirmed in this time'
complete -c sluice -n '__fish_seen_subcommand_from apply promote' -l force -d 'also what could not be undone'
complete -c sluice -n '__fish_seen_subcommand_from diff' -l against -r -F -d 'another file in place of the running policy'
complete -c sluice -n '__fish_seen_subcommand_from diff' -l exit-code -d 'exit with 1 if there is a difference'
complete -c sluice -n '__fish_seen_subcommand_from top' -l interval -x -a '1s 5s 1m' -d 'time between'
complete -c sluice -n '__fish_seen_subcommand_from top' -l rows -x -a '5 10 20' -d 'of each kind at most'
complete -c sluice -n '__fish_seen_subcommand_from top' -l once -d 'one interval, then end'
complete -c sluice -n '__fish_seen_subcommand_from stats' -l watch -d 'again and again, with rates'
complete -c sluice -n '__fish_seen_subcommand_from stats' -l interval -x -a '1s 5s 1m' -d 'time between'
complete -c sluice -n '__fish_seen_subcommand_from stats' -l all -d 'what is zero or retired, too'
complete -c sluice -n '__fish_seen_subcommand_from events' -l follow -d 'go on until interrupted'
complete -c sluice -n '__fish_seen_subcommand_from events' -l reason -x -a '(__sluice_reasons)' -d 'drops of one reason'
complete -c sluice -n '__fish_seen_subcommand_from events' -l reasons -d 'what each reason means'
complete -c sluice -n '__fish_seen_subcommand_from ban allow deny' -l for -x -a '10m 1h 1d' -d 'how long'
complete -c sluice -n '__fish_seen_subcommand_from ban allow deny' -l why -x -d 'a note'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l src -x -d 'who sends it: ADDRESS[:PORT]'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l dst -x -d 'whom it is for: ADDRESS[:PORT]'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l protocol -x -a 'tcp udp icmp icmpv6 gre esp sctp' -d 'its protocol'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l syn -d 'it opens a TCP connection'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l fragment -d 'a later part of a datagram'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l icmp-type -x -d 'of ICMP and ICMPv6'
complete -c sluice -n '__fish_seen_subcommand_from explain' -l length -x -d 'bytes of the whole frame'
complete -c sluice -n '__fish_seen_subcommand_from replay' -F
complete -c sluice -n '__fish_seen_subcommand_from replay' -l policy -r -F -d 'this policy and not the one that runs'
complete -c sluice -n '__fish_seen_subcommand_from replay' -l top -x -d 'how many sources to list'
complete -c sluice -n '__fish_seen_subcommand_from attach' -l mode -x -a 'native generic' -d 'this mode only'
complete -c sluice -n '__fish_seen_subcommand_from attach detach' -a '(__sluice_interfaces)'
complete -c sluice -n '__fish_seen_subcommand_from identity; and not __fish_seen_subcommand_from list revoke restore' -a 'list revoke restore'
complete -c sluice -n '__fish_seen_subcommand_from identity; and __fish_seen_subcommand_from revoke restore' -a '(__sluice_identities)'
complete -c sluice -n '__fish_seen_subcommand_from identity' -l why -x -d 'a note'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l server -x -a '(__fish_print_hostnames)' -d 'its identity port, HOST:PORT'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l cert -r -F -d 'this host\'s certificate'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l key -r -F -d 'its key'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l ca -r -F -d 'who may vouch for the server'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l system-ca -d 'every authority of this system may'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l server-name -x -d 'the name in its certificate'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l token-file -r -F -d 'an access token'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l bind -x -a 'address prefix' -d 'what to lease'
complete -c sluice -n '__fish_seen_subcommand_from lease' -l once -d 'ask once'
complete -c sluice -n '__fish_seen_subcommand_from audit; and not __fish_seen_subcommand_from verify' -a verify
complete -c sluice -n '__fish_seen_subcommand_from verify' -F
complete -c sluice -n '__fish_seen_subcommand_from audit' -l after -x -d 'the hash of the line before the first'
