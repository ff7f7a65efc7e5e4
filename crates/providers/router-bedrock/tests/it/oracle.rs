//! Signed calls against an upstream whose verdicts are botocore's: a script in the folder `oracles`, run on loopback.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use router_bedrock::{Api, Bedrock, BedrockBuilder, BedrockOptions, Credentials};
use router_core::{
    ChatRequest, ErrorKind, FinishReason, Message, ProviderExt as _, ToolDefinition, ToolResult,
};
use router_http::ProviderSettings;
use serde_json::json;

const MODEL: &str = "anthropic.claude-3-sonnet-20240229-v1:0";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The script, ended with the test.
struct Oracle {
    child: Child,
    address: String,
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Oracle {
    /// The script on a free port; nothing where it cannot run, with the reason told.
    fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os("ROUTER_ORACLES").map(PathBuf::from) else {
            println!("skipped: ROUTER_ORACLES not set");
            return None;
        };
        let python = std::env::var_os("ROUTER_PYTHON").unwrap_or_else(|| "python3".into());
        let has = Command::new(&python)
            .args(["-c", "import botocore"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            println!("skipped: there is no python3 with botocore");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let child = Command::new(&python)
            .arg(folder.join("bedrock_oracle.py"))
            .arg(port.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stderr(Stdio::null())
            .spawn()
            .expect("the script starts");
        let oracle = Self {
            child,
            address: format!("127.0.0.1:{port}"),
        };
        let begin = Instant::now();
        while !oracle.answers() {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "the script does not listen"
            );
            std::thread::yield_now();
        }
        Some(oracle)
    }

    /// Whether it answers a request, whatever it says.
    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(&self.address) else {
            return false;
        };
        let asked = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let mut line = String::new();
        stream.write_all(asked).is_ok()
            && BufReader::new(stream)
                .read_line(&mut line)
                .is_ok_and(|read| read > 0)
    }

    fn bedrock(&self, secret: &str) -> Bedrock {
        BedrockBuilder::new()
            .region("us-east-1")
            .credentials(Credentials::new("AKIAIOSFODNN7EXAMPLE", secret))
            .settings(ProviderSettings::default().with_base_url(format!("http://{}", self.address)))
            .build()
            .expect("a provider")
    }
}

#[test]
fn botocore_accepts_what_is_signed_and_refuses_a_wrong_secret() {
    let Some(oracle) = Oracle::start() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let bedrock = oracle.bedrock(SECRET);
        let answer = bedrock.chat(MODEL, "hello").await.expect("Converse is accepted");
        assert_eq!(answer.text(), "Echo: hello");
        assert_eq!(
            answer
                .usage
                .as_ref()
                .map(|usage| (usage.input_tokens, usage.output_tokens)),
            Some((7, 5))
        );
        for text in ["hello", "slow-frames hello"] {
            let stream = bedrock
                .chat_stream(MODEL, text)
                .await
                .expect("ConverseStream is accepted");
            let answer = stream.into_value().collect().await.expect("a whole stream");
            assert_eq!(answer.text(), format!("Echo: {text}"));
        }
        // Everything that Converse takes, a profile's ARN, and a result: botocore knows each member.
        let tool = ToolDefinition::function("get_weather", "Tells the weather.", json!({"type": "object"}));
        let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456";
        let mut request = ChatRequest::user("weather")
            .with_system("Be brief.")
            .with_tools([tool]);
        request.settings.max_output_tokens = Some(100);
        let answer = bedrock
            .chat(arn, request.clone())
            .await
            .expect("an ARN is accepted");
        assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));
        let call = answer.tool_calls().next().expect("a call").clone();
        let request = request
            .with_message(answer.to_message())
            .with_message(Message::tool([ToolResult::new(call.id.clone(), "21 degrees")]));
        let answer = bedrock.chat(arn, request).await.expect("a result is accepted");
        assert_eq!(answer.text(), "Echo: weather");

        // The script gives back what it got: accepted, and no answer of any model.
        let mut options = BedrockOptions::default();
        options.api = Some(Api::Invoke);
        let invoked = ChatRequest::user("hello")
            .with_provider_options("bedrock", &options)
            .expect("JSON");
        let odd = bedrock
            .chat(MODEL, invoked)
            .await
            .expect_err("an echo is no answer");
        let reply = odd.raw().expect("the reply");
        assert_eq!((odd.kind(), reply.status), (ErrorKind::Decode, 200));
        let echo: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        assert_eq!(echo["echo"]["anthropic_version"], "bedrock-2023-05-31");

        let throttled = bedrock.chat(MODEL, "throttle").await.expect_err("throttled");
        assert_eq!(
            (throttled.kind(), throttled.code()),
            (ErrorKind::RateLimited, Some("ThrottlingException"))
        );
        let broken = bedrock
            .chat_stream(MODEL, "explode")
            .await
            .expect("it begins well");
        let broken = broken
            .into_value()
            .collect()
            .await
            .expect_err("an exception in the stream");
        assert_eq!(
            (broken.kind(), broken.code()),
            (ErrorKind::Server, Some("modelStreamErrorException"))
        );

        let refused = oracle
            .bedrock("wrong")
            .chat(MODEL, "hello")
            .await
            .expect_err("a wrong secret");
        assert_eq!(
            (refused.kind(), refused.status()),
            (ErrorKind::Authentication, Some(403))
        );
        assert!(!format!("{refused} {refused:?}").contains("AKIAIOSFODNN7EXAMPLE"));
    });
}
