/** Who may administer over TCP: the file of tokens, JSON Web Tokens, and both read anew while the process runs. */
@NullMarked
package io.llmproxy.adapter.admin.auth;

import org.jspecify.annotations.NullMarked;
