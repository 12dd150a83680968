/** What moves accounts of requests to the database, beside the requests: usage, last uses of keys, retention. */
@NullMarked
package io.llmproxy.gateway.usage;

import org.jspecify.annotations.NullMarked;
