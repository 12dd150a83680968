/** The listener for clients: HTTP/1.1 and HTTP/2 in, a {@link io.llmproxy.gateway.ClientRequest} and its answer's sink out. */
@NullMarked
package io.llmproxy.adapter.http;

import org.jspecify.annotations.NullMarked;
