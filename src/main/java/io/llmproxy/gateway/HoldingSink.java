package io.llmproxy.gateway;

import java.io.IOException;

/** A sink that may hold a part of the answer back until the provider's answer is over. It stands before the client while one stage runs. */
public abstract class HoldingSink extends DelegatingSink {
    /** @param client the exchange's sink, as long as this one does not stand before it */
    protected HoldingSink(ResponseSink client) {
        super(client);
    }

    /** The provider's answer is over: what is still held goes on. */
    protected abstract void finish() throws IOException;

    /**
     * The rest of the pipeline answers through this sink; after it, however it ends, the exchange has the client's sink again.
     *
     * @throws ClientGoneException where the client does not take what was held
     */
    public final void between(Exchange x, Stage.Next next) {
        x.sink(this);
        try {
            next.handle(x);
            finish();
        } catch (IOException e) {
            throw new ClientGoneException();
        } finally {
            x.sink(client);
        }
    }
}
