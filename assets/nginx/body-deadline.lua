-- A deadline for a whole request body: nginx's client_body_timeout is one between two reads, which a byte now and then
-- puts off for ever. A body gets GRACE_SEC, and a second more for each BYTES_PER_SEC that have come, so that a large one
-- over a slow line arrives, and one that stands still does not hold its connection.
local GRACE_SEC = 10
local BYTES_PER_SEC = 16 * 1024
local OBSERVED_EVERY_SEC = 5

local headers = ngx.var
if not headers.http_content_length and not headers.http_transfer_encoding then
  return
end

local started = ngx.now()
local body = ngx.thread.spawn(function() ngx.req.read_body() end)
local deadline = ngx.thread.spawn(function()
  repeat
    ngx.sleep(OBSERVED_EVERY_SEC)
  until ngx.now() - started >= GRACE_SEC + ngx.var.request_length / BYTES_PER_SEC
  ngx.exit(ngx.HTTP_REQUEST_TIMEOUT)
end)
ngx.thread.wait(body)
ngx.thread.kill(deadline)
