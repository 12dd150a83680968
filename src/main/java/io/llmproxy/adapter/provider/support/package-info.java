/** What every provider over HTTP shares: connections, calls, address rules and redaction. */
@NullMarked
package io.llmproxy.adapter.provider.support;

import org.jspecify.annotations.NullMarked;
