/** The server's side of HTTP/2 (RFC 9113) over two streams of bytes: frames, streams and windows; no routing, no TLS. */
@NullMarked
package io.llmproxy.adapter.http.h2;

import org.jspecify.annotations.NullMarked;
