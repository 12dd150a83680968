package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.AdminException.Reason;
import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Supplier;

/** Turns what a database, or Redis, does wrong into what an operator can read; the cause goes to the log alone. */
final class Guard {
    private static final Logger LOG = System.getLogger(Guard.class.getName());

    private Guard() {}

    static <T> T guarded(String doing, Supplier<T> work) {
        try {
            return work.get();
        } catch (StoreException.Duplicate e) {
            throw AdminException.conflict(doing + " failed: that name is taken");
        } catch (StoreException.ReadOnly e) {
            throw unavailable(doing, "the database is read-only; nothing was changed. Try again", e);
        } catch (StoreException.CountersAway e) {
            // some counters may have been reset before it went away, so that nothing is said of what was changed
            throw unavailable(doing, "Redis, where limits are counted, does not answer. Try again", e);
        } catch (StoreException.Broken e) {
            throw unavailable(doing, String.valueOf(e.getMessage()), e);
        } catch (StoreException e) {
            throw unavailable(doing, "the database does not answer; nothing was changed. Try again", e);
        }
    }

    private static AdminException unavailable(String doing, String why, StoreException cause) {
        LOG.log(Level.ERROR, doing + " failed", cause);
        return new AdminException(
                Reason.UNAVAILABLE, doing + " failed: " + why + ", and see the server's log for the cause");
    }
}
