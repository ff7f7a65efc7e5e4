-- Takes of several counts all or nothing, in one step and in the server's time.
--
-- It decides as `meter.rs` does, operation by operation. Times are microseconds; numbers go out with all their digits, since
-- Lua's own way of writing them loses some.
--
-- KEYS     one for each unit that is counted
-- ARGV     now (empty: the server's), deadline (empty: none), member of gauges, lease of gauges in microseconds,
--          then for each key: kind, amount, rate or slot, capacity
-- returns  { 'late', now }: it came after the deadline, nobody waits for it, and nothing was done
--          { 'full', now, place of the key, wait }: nothing was taken
--          { 'taken', now, born and place of each key … }

local TOLERANCE = 0.000001
local SLOTS = 60
local MARGIN = 1000 -- milliseconds that a key outlives what counts in it

local function text(number)
    return string.format('%.17g', number)
end

local now = tonumber(ARGV[1])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local deadline = tonumber(ARGV[2])
if deadline and now > deadline then
    return { 'late', text(now) }
end
local member, lease = ARGV[3], tonumber(ARGV[4])

local counts = {}
local full, longest = nil, -1

for index, key in ipairs(KEYS) do
    local at = 4 * index
    local count = {
        key = key,
        kind = ARGV[at + 1],
        amount = tonumber(ARGV[at + 2]),
        rate = tonumber(ARGV[at + 3]),
        capacity = tonumber(ARGV[at + 4]),
        level = 0,
    }
    if count.kind == 'bucket' then
        local found = redis.call('HMGET', key, 'level', 'front', 'tail', 'at', 'born')
        count.level = tonumber(found[1]) or 0
        count.front = tonumber(found[2]) or 0
        count.tail = tonumber(found[3]) or 0
        count.born = tonumber(found[5]) or now
        local last = tonumber(found[4]) or now
        if last > now then
            -- The server's clock was set back: it goes on from there.
            redis.call('HSET', key, 'at', text(now))
        end
        local gone = math.max(now - last, 0) * count.rate
        if gone >= count.level then
            count.level = 0
            count.front = count.tail
        else
            count.front = count.front + gone * (count.tail - count.front) / count.level
            count.level = count.level - gone
        end
    elseif count.kind == 'window' then
        count.current = math.floor(now / count.rate)
        count.slots = {}
        count.born = now
        local found = redis.call('HGETALL', key)
        for field = 1, #found, 2 do
            local slot, amount = tonumber(found[field]), tonumber(found[field + 1])
            if not slot then
                count.born = amount
            elseif slot < count.current - SLOTS then
                redis.call('HDEL', key, found[field])
            else
                if slot > count.current then
                    -- The server's clock was set back: what it counted counts from now on.
                    redis.call('HDEL', key, found[field])
                    redis.call('HINCRBY', key, string.format('%.0f', count.current), found[field + 1])
                    slot = count.current
                end
                table.insert(count.slots, { slot, amount })
                count.level = count.level + amount
            end
        end
    else
        redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
        count.level = redis.call('ZCARD', key)
    end

    local over = count.level + count.amount - count.capacity
    if over > TOLERANCE then
        local wait = 0
        if count.kind == 'bucket' then
            wait = math.max(math.ceil(over / count.rate), 1)
        elseif count.kind == 'window' then
            table.sort(count.slots, function(one, other) return one[1] < other[1] end)
            local last = 0
            for _, slot in ipairs(count.slots) do
                last = slot[1]
                over = over - slot[2]
                if over <= TOLERANCE then
                    break
                end
            end
            wait = math.max(math.ceil((last + SLOTS + 1) * count.rate - now), 1)
        end
        if wait > longest then
            full, longest = index, wait
        end
    end
    counts[index] = count
end

if full then
    return { 'full', text(now), text(full - 1), text(longest) }
end

local reply = { 'taken', text(now) }
for _, count in ipairs(counts) do
    local born, place, ttl = 0, 0, 0
    if count.kind == 'bucket' then
        born, place = count.born, count.tail
        local level = count.level + count.amount
        redis.call('HSET', count.key,
            'level', text(level), 'front', text(count.front), 'tail', text(count.tail + count.amount),
            'at', text(now), 'born', text(born))
        ttl = math.ceil(level / count.rate / 1000) + MARGIN
    elseif count.kind == 'window' then
        born, place = count.born, count.current
        redis.call('HSET', count.key, 'born', text(born))
        redis.call('HINCRBY', count.key, string.format('%.0f', place), string.format('%.0f', count.amount))
        ttl = math.ceil((SLOTS + 1) * count.rate / 1000) + MARGIN
    else
        redis.call('ZADD', count.key, text(now + lease), member)
        ttl = math.ceil(lease / 1000) + MARGIN
    end
    redis.call('PEXPIRE', count.key, string.format('%.0f', ttl))
    table.insert(reply, text(born))
    table.insert(reply, text(place))
end
return reply
