package io.llmproxy.port;

import java.util.function.Supplier;

/**
 * Runs work in one database transaction: every store called inside takes part. Blocks; nested calls join the outer one.
 * An exception rolls back and is thrown on.
 */
public interface Transactor {
    /** @throws StoreException where the database is away */
    <T> T inTransaction(Supplier<T> work);
}
