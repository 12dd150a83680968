package io.llmproxy.adapter.redis;

import java.util.List;
import java.util.function.Consumer;

/** Says that this process lives, and hears how many others do. */
final class Beat extends Call {
    /**
     * What Redis answered.
     *
     * @param known whether the process had a lease: false after its first start, after a flush and after a long silence
     * @param all processes that count on this Redis
     * @param tenants those that serve this process's tenant
     */
    record Answer(boolean known, int all, int tenants) {}

    private final ServerTime time;
    private final Consumer<Answer> listener;

    /** @param leaseMicros how long it is taken to live without another beat; 0: it says farewell */
    Beat(
            ServerTime time,
            long leaseMicros,
            String process,
            String tenant,
            List<Incarnation> names,
            Consumer<Answer> listener) {
        super(
                RedisScript.BEAT,
                List.of(RedisKeys.leases(), RedisKeys.processes()),
                argument(time, leaseMicros, process, tenant, names));
        this.time = time;
        this.listener = listener;
    }

    private static byte[] argument(
            ServerTime time, long lease, String process, String tenant, List<Incarnation> names) {
        Packer out = new Packer(4 + names.size())
                .number(time.told())
                .number(lease)
                .text(process)
                .text(tenant);
        names.forEach(n -> out.text(n.name()));
        return out.bytes();
    }

    @Override
    void answered(Object answer) {
        long[] numbers = Unpacker.numbers((byte[]) answer);
        time.server(numbers[0]);
        listener.accept(new Answer(numbers[1] == 1, (int) numbers[2], (int) numbers[3]));
    }

    @Override
    void failed() {
        // the line knows
    }
}
