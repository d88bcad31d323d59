-- Close the open page of the ledger, unless the one closed before is still there. A page has its id from when it is
-- closed on, so that it is written into the catalogue once, whoever does it how often; and it never changes again, so
-- that it can be read in pieces.
-- Renaming comes first: it takes no memory, and a script that has written is not stopped when Redis is full.
-- Returns the id of the page that is to be written; "" when nothing ended since.
local id = ARGV[1]
if redis.call('EXISTS', 'ledger:page') == 0 then
  if redis.call('EXISTS', 'ledger:open') == 0 then return '' end
  redis.call('RENAME', 'ledger:open', 'ledger:page')
  redis.call('HSET', 'ledger:page', 'id', id)
end
return redis.call('HGET', 'ledger:page', 'id')
