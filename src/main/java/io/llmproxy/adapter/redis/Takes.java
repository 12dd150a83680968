package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Charge;
import java.util.Arrays;
import java.util.List;

/**
 * What several requests take, in one call: a counter that they share is read and written once, and Redis is called once. Each of
 * them takes of all its counters, or of none, in the order in which they asked.
 */
final class Takes extends Call {
    /** Where the first counter stands in the argument, from 1. */
    private static final int FIRST = 3;

    private final List<Take> takes;
    private final int counters;
    /** Of each charge of each of them which counter, from 1. */
    private final int[] counted;

    private final ServerTime time;

    private Takes(List<Take> takes, List<byte[]> keys, int[] counted, byte[] argument, ServerTime time) {
        super(RedisScript.TAKE, keys, argument);
        this.takes = takes;
        this.counters = keys.size() - 1;
        this.counted = counted;
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
        int charges = charges(takes);
        int[] counted = new int[charges];
        int next = 0;
        Packer out = new Packer(2 + CounterNames.NUMBERS * names.counters() + takes.size() + 2 * charges)
                .number(time.told())
                .text(incarnation.name());
        names.write(out, time.now());
        for (Take take : takes) {
            take.by(incarnation);
            out.number(take.charges().size());
            for (Charge charge : take.charges()) {
                int counter = names.number(charge);
                counted[next++] = counter;
                out.number(FIRST + (counter - 1) * (long) CounterNames.NUMBERS).number(charge.amount());
            }
        }
        return new Takes(takes, names.keys(), counted, out.bytes(), time);
    }

    int size() {
        return takes.size();
    }

    private static int charges(List<Take> takes) {
        int charges = 0;
        for (Take take : takes) {
            charges += take.charges().size();
        }
        return charges;
    }

    @Override
    void answered(Object packed) {
        long[] numbers = Unpacker.numbers((byte[]) packed);
        time.server(numbers[0]);
        int at = 1 + 2 * counters;
        int next = 0;
        for (Take take : takes) {
            int charges = take.charges().size();
            int length = switch ((int) numbers[at]) {
                case 0 -> 2 + 3 * (int) numbers[at + 1];
                case 1 -> 1 + charges;
                default -> 1;
            };
            take.answered(
                    numbers[at] == 1
                            ? granted(numbers, at + 1, next, charges)
                            : Arrays.copyOfRange(numbers, at, at + length));
            at += length;
            next += charges;
        }
    }

    /** As {@link Take#answered} has it: what the script says of each charge, and of the charge's counter. */
    private long[] granted(long[] numbers, int at, int next, int charges) {
        long[] answer = new long[1 + 4 * charges];
        answer[0] = 1;
        for (int c = 0; c < charges; c++) {
            long left = numbers[at + c];
            int counter = 2 * counted[next + c] - 1;
            int to = 1 + 4 * c;
            answer[to] = Math.max(0, left);
            answer[to + 1] = numbers[counter];
            answer[to + 2] = left < 0 ? 1 : 0;
            answer[to + 3] = numbers[counter + 1];
        }
        return answer;
    }

    @Override
    void untold() {
        takes.forEach(Take::markUntold);
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
