package io.llmproxy.adapter.redis;

import java.util.ArrayList;
import java.util.List;

/** Tells Redis a batch of corrections. Its number makes it safe to be told twice. */
final class Settle extends Call {
    private final Runnable done;

    private Settle(List<byte[]> keys, byte[] argument, Runnable done) {
        super(RedisScript.SETTLE, keys, argument);
        this.done = done;
    }

    static Settle of(String process, long number, List<Correction> corrections, ServerTime time, Runnable done) {
        List<byte[]> keys = new ArrayList<>(corrections.size() + 1);
        keys.add(RedisKeys.batch(process));
        Packer out = new Packer(2 + 9 * corrections.size()).number(time.told()).number(number);
        for (Correction correction : corrections) {
            keys.add(RedisKeys.counter(correction.limit(), correction.subject()));
            correction.write(out);
        }
        return new Settle(keys, out.bytes(), done);
    }

    @Override
    void answered(Object answer) {
        done.run();
    }

    @Override
    void failed() {
        // it is sent again on the next connection
    }
}
