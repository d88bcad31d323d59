-- Forget a page that stands in the catalogue. Another one that was closed meanwhile stays. Returns 1 when it was there.
if redis.call('HGET', 'ledger:page', 'id') ~= ARGV[1] then return 0 end
return redis.call('UNLINK', 'ledger:page')
