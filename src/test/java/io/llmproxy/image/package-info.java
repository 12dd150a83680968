/** What a user runs, target/llmproxy and target/llmproxy.jar, as processes of their own. */
@NullMarked
package io.llmproxy.image;

import org.jspecify.annotations.NullMarked;
