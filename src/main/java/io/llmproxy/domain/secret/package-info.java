/** Secrets, and the references that stand for them. */
@NullMarked
package io.llmproxy.domain.secret;

import org.jspecify.annotations.NullMarked;
