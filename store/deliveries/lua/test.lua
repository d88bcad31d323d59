-- May this tenant ask for a test now? 1 or 0.
return may_ask(ARGV[1]) and 1 or 0
