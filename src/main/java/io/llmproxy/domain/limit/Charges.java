package io.llmproxy.domain.limit;

import java.util.AbstractList;
import java.util.RandomAccess;

/** What one request takes of the limits that it is under. As a list it makes each charge when that is asked for. Immutable. */
public final class Charges extends AbstractList<Charge> implements RandomAccess {
    private final Dues dues;
    private final long[] amounts;

    /** @param amounts one for each of the dues, given away; not negative */
    public Charges(Dues dues, long[] amounts) {
        if (amounts.length != dues.size()) {
            throw new IllegalArgumentException(amounts.length + " amounts for " + dues.size() + " limits");
        }
        this.dues = dues;
        this.amounts = amounts;
        for (long amount : amounts) {
            if (amount < 0) {
                throw new IllegalArgumentException("a charge is not negative: " + amount);
            }
        }
    }

    public Dues dues() {
        return dues;
    }

    /** So much of the limit with that index. */
    public long amount(int index) {
        return amounts[index];
    }

    @Override
    public Charge get(int index) {
        Due due = dues.get(index);
        return new Charge(due.limit(), due.key(), amounts[index]);
    }

    @Override
    public int size() {
        return amounts.length;
    }
}
