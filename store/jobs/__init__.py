"""Jobs and turns: what moves. The truth is in Redis; every step is one Lua script (see ``lua/common.lua``)."""
