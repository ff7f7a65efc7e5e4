-- Puts what was used in the place of what was taken, as `meter.rs` does.
--
-- KEYS     one for each unit that was counted
-- ARGV     now (empty: the server's), member of gauges,
--          then for each key: kind, rate or slot, born, place, taken, used

local MARGIN = 1000

local function text(number)
    return string.format('%.17g', number)
end

local now = tonumber(ARGV[1])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end

for index, key in ipairs(KEYS) do
    local at = 6 * index - 4
    local kind, rate = ARGV[at + 1], tonumber(ARGV[at + 2])
    local born, place = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
    local taken, used = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
    if kind == 'gauge' then
        redis.call('ZREM', key, ARGV[2])
    elseif kind == 'window' then
        local slot = string.format('%.0f', place)
        -- What has left the window is gone.
        local found = redis.call('HMGET', key, slot, 'born')
        if used ~= taken and found[1] and tonumber(found[2]) == born then
            redis.call('HINCRBY', key, slot, string.format('%.0f', used - taken))
        end
    elseif used ~= taken then
        local found = redis.call('HMGET', key, 'level', 'front', 'tail', 'at', 'born')
        local level, front, tail = tonumber(found[1]) or 0, tonumber(found[2]) or 0, tonumber(found[3]) or 0
        local gone = math.max(now - (tonumber(found[4]) or now), 0) * rate
        if gone >= level then
            level = 0
            front = tail
        else
            front = front + gone * (tail - front) / level
            level = level - gone
        end
        local is_same = tonumber(found[5]) == born
        if used > taken then
            level = level + (used - taken)
            tail = tail + (used - taken)
        elseif is_same then
            local left = math.min(math.max(place + taken - front, 0), taken)
            level = level - math.min(taken - used, left, level)
        end
        -- A count that was forgotten begins anew with what went beyond the estimate, or not at all.
        if found[5] or used > taken then
            redis.call('HSET', key,
                'level', text(level), 'front', text(front), 'tail', text(tail),
                'at', text(now), 'born', found[5] or text(now))
            redis.call('PEXPIRE', key, string.format('%.0f', math.ceil(level / rate / 1000) + MARGIN))
        end
    end
end
return 1
