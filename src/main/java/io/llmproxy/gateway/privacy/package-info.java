/** Finds what is private in texts, whole or in pieces, and takes it out of requests and puts it back into answers. */
@NullMarked
package io.llmproxy.gateway.privacy;

import org.jspecify.annotations.NullMarked;
