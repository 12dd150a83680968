package io.llmproxy.adapter.redis;

import java.util.List;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;

/** A script to run, with its keys and its argument, and what is done with the answer, on the thread of the line. */
abstract non-sealed class Call implements Asked {
    private final RedisScript script;
    private final List<byte[]> keys;
    private final byte[] argument;

    Call(RedisScript script, List<byte[]> keys, byte[] argument) {
        this.script = script;
        this.keys = keys;
        this.argument = argument;
    }

    @Override
    public boolean wanted() {
        return true;
    }

    /** @param answer what the script returned: packed bytes, or a number */
    abstract void answered(Object answer);

    /** Before it is sent: what is to be told by now is told only later. */
    void untold() {
        // who takes nothing does not mind
    }

    CommandArguments byHash() {
        return arguments(Protocol.Command.EVALSHA, script.hash());
    }

    CommandArguments byText() {
        return arguments(Protocol.Command.EVAL, script.text());
    }

    private CommandArguments arguments(Protocol.Command command, String what) {
        CommandArguments arguments = new CommandArguments(command).add(what).add(keys.size());
        for (byte[] key : keys) {
            arguments.add(key);
        }
        return arguments.add(argument);
    }
}
