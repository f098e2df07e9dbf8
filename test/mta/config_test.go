package mta_test

import (
	"fmt"
	"strings"
)

// A door is an address that the mail server listens at, with what it asks of those who come.
type door string

const (
	// open takes mail from everybody; TLS by STARTTLS for those who like.
	open door = "open"
	// submission wants STARTTLS, then a log-in; it offers every mechanism.
	submission door = "submission"
	// implicit is TLS from the first byte, then a log-in with PLAIN.
	implicit door = "implicit"
	// old wants STARTTLS, then a log-in with LOGIN.
	old door = "old"
	// careless offers a log-in without any TLS.
	careless door = "careless"
	// ascii knows no SMTPUTF8.
	ascii door = "ascii"
)

// settings of each door besides main.cf. sasl names the file with the mechanisms.
var settings = map[door]string{
	open:       "smtpd_tls_security_level=may",
	submission: "smtpd_tls_security_level=encrypt smtpd_tls_auth_only=yes " + loggedIn("all"),
	implicit:   "smtpd_tls_wrappermode=yes smtpd_tls_security_level=encrypt " + loggedIn("plain"),
	old:        "smtpd_tls_security_level=encrypt smtpd_tls_auth_only=yes " + loggedIn("login"),
	careless:   "smtpd_tls_security_level=none smtpd_tls_auth_only=no " + loggedIn("all"),
	ascii:      "smtpd_tls_security_level=may smtputf8_enable=no",
}

func loggedIn(sasl string) string {
	return "smtpd_sasl_auth_enable=yes smtpd_sasl_path=" + sasl + " smtpd_relay_restrictions=permit_sasl_authenticated,reject"
}

// mechanisms by the file of the Cyrus library that lists them. Debian's Postfix looks for it
// below its own configuration only.
var mechanisms = map[string]string{"all": "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN", "plain": "PLAIN", "login": "LOGIN"}

// contentRefused is who gets no mail because of what its header says.
const contentRefused = "content-refused"

// mainCF is as strict as Postfix can be about form: what it takes was well made. Nothing
// leaves the machine, no name server is asked, and nothing is made good on the way in: a mail
// without a date or a Message-ID would arrive without.
func mainCF(dir, policy string, nobody int) string {
	return fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
myhostname = %[2]s
inet_interfaces = loopback-only
inet_protocols = ipv4
mydestination =
alias_maps =
default_transport = error:nothing leaves
relay_transport = error:nothing leaves
disable_dns_lookups = yes
smtpd_peername_lookup = no

virtual_mailbox_domains = static:all
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:%[4]d
virtual_gid_maps = static:%[4]d

local_header_rewrite_clients =
strict_rfc821_envelopes = yes
strict_8bitmime_body = yes
strict_mime_encoding_domain = yes
smtpd_forbid_bare_newline = yes
smtpd_forbid_unauth_pipelining = yes
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_sender_restrictions = reject_non_fqdn_sender
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_non_fqdn_recipient, check_policy_service inet:%[3]s
smtpd_data_restrictions = reject_unauth_pipelining, check_policy_service inet:%[3]s
smtpd_end_of_data_restrictions = check_policy_service inet:%[3]s
header_checks = regexp:%[1]s/conf/header_checks

smtpd_tls_chain_files = %[1]s/conf/server.pem
smtpd_tls_received_header = yes
smtpd_tls_protocols = >=TLSv1.2
cyrus_sasl_config_path = %[1]s/conf/sasl
smtpd_sasl_local_domain = %[2]s
smtpd_error_sleep_time = 0
in_flow_delay = 0
`, dir, myHost, policy, nobody)
}

// masterCF lists the programs; none needs another root folder.
func masterCF(doors map[door]string) string {
	var text strings.Builder
	for name, address := range doors {
		fmt.Fprintf(&text, "%s inet n - n - - smtpd\n  -o syslog_name=postfix/%s\n", address, name)
		for setting := range strings.FieldsSeq(settings[name]) {
			fmt.Fprintf(&text, "  -o %s\n", setting)
		}
	}
	return text.String() + `cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`
}

const headerChecks = "/^To:.*" + contentRefused + "/ REJECT this is not wanted here\n"

func saslConf(dir, list string) string {
	return fmt.Sprintf("pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: %s/conf/sasl/users\nmech_list: %s\n", dir, list)
}
