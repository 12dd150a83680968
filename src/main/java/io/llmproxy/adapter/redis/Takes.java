package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import java.util.Arrays;
import java.util.List;

/**
 * What several requests take, in one call: a counter that they share is read and written once, and Redis is called once. Each of
 * them takes of all its counters, or of none, in the order in which they asked.
 */
final class Takes extends Call {
    private final List<Take> takes;
    private final ServerTime time;

    private Takes(List<Take> takes, List<byte[]> keys, byte[] argument, ServerTime time) {
        super(RedisScript.TAKE, keys, argument);
        this.takes = takes;
        this.time = time;
    }

    /**
     * As many as fit into one call; those are taken from the list's beginning.
     *
     * @param waiting not empty
     */
    static Takes of(List<Take> waiting, Incarnation incarnation, CounterNames names, ServerTime time) {
        names.begin();
        int fit = 0;
        while (fit < waiting.size() && names.add(waiting.get(fit).charges())) {
            fit++;
        }
        List<Take> part = waiting.subList(0, fit);
        List<Take> takes = List.copyOf(part);
        part.clear();
        Packer out = new Packer(2 + 7 * names.counters() + length(takes))
                .number(time.told())
                .text(incarnation.name());
        names.write(out, time.now());
        for (Take take : takes) {
            take.by(incarnation);
            out.number(take.charges().size());
            for (Charge charge : take.charges()) {
                out.number(names.number(charge)).number(charge.amount());
            }
        }
        return new Takes(takes, names.keys(), out.bytes(), time);
    }

    int size() {
        return takes.size();
    }

    private static int length(List<Take> takes) {
        int length = 0;
        for (Take take : takes) {
            length += 1 + 2 * take.charges().size();
        }
        return length;
    }

    @Override
    void answered(Object packed) {
        long[] numbers = Unpacker.numbers((byte[]) packed);
        time.server(numbers[0]);
        int at = 1;
        for (Take take : takes) {
            int length = switch ((int) numbers[at]) {
                case 0 -> 4;
                case 1 -> 1 + 4 * take.charges().size();
                default -> 1;
            };
            take.answered(Arrays.copyOfRange(numbers, at, at + length));
            at += length;
        }
    }

    @Override
    public void expire(long now) {
        takes.forEach(take -> take.expire(now));
    }

    @Override
    public void failed() {
        takes.forEach(Take::failed);
    }
}
