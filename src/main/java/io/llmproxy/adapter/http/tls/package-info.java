/** TLS towards clients: the certificate's files and what they become, and the records on the wire. */
@NullMarked
package io.llmproxy.adapter.http.tls;

import org.jspecify.annotations.NullMarked;
