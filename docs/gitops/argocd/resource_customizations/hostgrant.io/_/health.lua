-- Health of every kind of hostgrant.io for Argo CD. It needs no library but Lua's own functions.

-- Reasons of what waits for somebody's decision. Nothing is wrong with it, and nothing goes on by itself.
local waits = {Suspended = true, ObserveOnly = true, RemovalLimit = true}

local function health(status, condition, otherwise)
  if condition == nil then
    return {status = status, message = otherwise}
  end
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", nil, "Being deleted")
end

if obj.kind == "PermissionSet" then
  return health("Healthy", nil, "A list that grants use; it has no status")
end

-- The status is there from the creation on, with observedGeneration -1.
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", nil, "Not looked at yet")
end

local is, ready = {}, nil
for _, condition in ipairs(obj.status.conditions) do
  if condition.status == "True" then
    is[condition.type] = condition
  end
  if condition.type == "Ready" then
    ready = condition
  end
end

if is.Reconciling ~= nil then
  return health("Progressing", is.Reconciling)
end

local held = is.RemovalHeld

if is.Stalled ~= nil then
  if waits[is.Stalled.reason] or (held ~= nil and held.reason == is.Stalled.reason) then
    return health("Suspended", is.Stalled)
  end
  return health("Degraded", is.Stalled)
end

if held ~= nil and is.Ready ~= nil then
  return health("Suspended", held)
end

if is.Ready ~= nil then
  return health("Healthy", is.Ready)
end

return health("Progressing", ready, "Not looked at yet")
