/** What is private in a text, and what an operator wants done about it. */
@NullMarked
package io.llmproxy.domain.privacy;

import org.jspecify.annotations.NullMarked;
